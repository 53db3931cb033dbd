/** What is thrown to answer a request with an error; `text` is the error as it is written. */
export class Refusal {
  constructor(error) {
    this.text = typeof error === "string" ? error : JSON.stringify(error);
  }
}

/** One client's conversation: what came, what was asked, what waits. */
export class Conversation {
  level = "info";
  subscriptions = new Set();
  /** Calls that wait to be released, by their key. */
  held = new Map();
  tasks = new Map();
  /** What has been added to the lists while the server ran. */
  added = { tools: [], prompts: [], resources: [] };
  #seen = [];
  #waiting = new Set();
  #asked = new Map();
  #lastId = 0;

  constructor(name, write) {
    this.name = name;
    this.write = write;
  }

  notify(method, params) {
    this.write(JSON.stringify({ jsonrpc: "2.0", method, params }));
  }

  /** Resolves with the client's whole answer, an error included. */
  ask(method, params, id = `question-${++this.#lastId}`) {
    return new Promise((resolve) => {
      this.#asked.set(id, resolve);
      this.write(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    });
  }

  answered(message) {
    this.#asked.get(message.id)?.(message);
    this.#asked.delete(message.id);
  }

  /** Remembers a message for whoever asks for it. */
  note(message, line) {
    this.#seen.push({ method: message.method, line });
    for (const look of this.#waiting) look();
  }

  /** Every message of a method whose line holds a text. */
  seen(method, text = "") {
    return this.#seen.filter((one) => one.method === method && one.line.includes(text));
  }

  /** Resolves with the line of a message that came or will come. */
  received(method, text) {
    return new Promise((resolve) => {
      const look = () => {
        const [first] = this.seen(method, text);
        if (first === undefined) return;
        this.#waiting.delete(look);
        resolve(first.line);
      };
      this.#waiting.add(look);
      look();
    });
  }
}
