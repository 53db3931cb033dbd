import { expect, test } from "vitest";
import { PullProgress } from "../src/images/pull-progress.ts";

function told(feed: (progress: PullProgress) => void): string[] {
  const news: string[] = [];
  feed(
    new PullProgress("some/image:1", (message) => news.push(message.replace("pulling some/image:1: ", ""))),
  );
  return news;
}

const downloading = (id: string, current: number, total: number) => ({
  id,
  status: "Downloading",
  progressDetail: { current, total },
});

test("a small layer that is ready is not the whole image, while others have not begun", () => {
  const news = told((progress) => {
    progress.take({ id: "1", status: "Pulling from some/image" });
    for (const id of ["a", "b", "c"]) progress.take({ id, status: "Pulling fs layer" });
    progress.take(downloading("a", 10, 10));
    progress.take({ id: "a", status: "Download complete" });
    progress.take(downloading("b", 45, 90));
    progress.take({ id: "c", status: "Already exists" });
    progress.take({ id: "b", status: "Pull complete" });
    progress.complete();
  });
  expect(news).toEqual(["0 %", "33 %", "36 %", "55 %", "100 %"]);
});

test("a layer that begins anew does not lower the figure, and nothing is said twice", () => {
  const news = told((progress) => {
    progress.take({ id: "a", status: "Pulling fs layer" });
    for (const current of [50, 50, 50.1, 0, 20, 60]) progress.take(downloading("a", current, 100));
  });
  expect(news).toEqual(["0 %", "50 %", "60 %"]);
});

test("an image whose layers are all there is complete", () => {
  const news = told((progress) => {
    progress.take({ status: "Digest: sha256:0" });
    progress.complete();
  });
  expect(news).toEqual(["0 %", "100 %"]);
});

test("a figure is told a hundred times at most, however often the engine tells one", () => {
  const news = told((progress) => {
    for (let current = 0; current <= 100_000; current++) progress.take(downloading("a", current, 100_000));
    progress.complete();
  });
  expect(news).toHaveLength(101);
});
