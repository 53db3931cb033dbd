/** Does something for each of many, a few at a time; resolves with the results in their order. */
export async function atMost<Item, Result>(
  width: number,
  items: readonly Item[],
  action: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = items.entries();
  const work = async () => {
    for (const [index, item] of queue) results[index] = await action(item);
  };
  await Promise.all(Array.from({ length: width }, work));
  return results;
}
