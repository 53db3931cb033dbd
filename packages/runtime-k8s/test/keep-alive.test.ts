import { EventEmitter } from "node:events";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type WebSocket from "ws";
import { keepAlive } from "../src/cluster/keep-alive.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** What a connection does with pings: answers them, or has gone without a word. */
class Connection extends EventEmitter {
  isPaused = false;
  answers = true;
  pings = 0;
  isEnded = false;

  ping(): void {
    this.pings++;
    if (this.answers) this.emit("pong");
  }

  terminate(): void {
    this.isEnded = true;
    this.emit("close");
  }
}

function connection(): Connection {
  const socket = new Connection();
  keepAlive(socket as unknown as WebSocket);
  return socket;
}

test("a quiet connection is used twice a minute, for as long as its other end answers", () => {
  const socket = connection();
  vi.advanceTimersByTime(3_600_000);
  expect([socket.pings, socket.isEnded]).toEqual([120, false]);
});

test("one whose other end has gone without a word is ended within minutes", () => {
  const socket = connection();
  socket.answers = false;
  vi.advanceTimersByTime(149_999);
  expect(socket.isEnded).toBe(false);
  vi.advanceTimersByTime(1);
  expect(socket.isEnded).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

test("one whose server is busy for two minutes, and does not read what it was sent, is left alone", () => {
  const socket = connection();
  socket.answers = false;
  vi.advanceTimersByTime(120_000);
  socket.answers = true;
  socket.emit("pong");
  vi.advanceTimersByTime(600_000);
  expect(socket.isEnded).toBe(false);
});

test("what the server says is a sign of life, too", () => {
  const socket = connection();
  socket.answers = false;
  for (let second = 0; second < 600; second++) {
    vi.advanceTimersByTime(1_000);
    socket.emit("message", Buffer.of(1, 1));
  }
  expect(socket.isEnded).toBe(false);
});

test("one that is not read, because too much is under way, is left alone", () => {
  const socket = connection();
  socket.answers = false;
  socket.isPaused = true;
  vi.advanceTimersByTime(600_000);
  expect(socket.isEnded).toBe(false);
});
