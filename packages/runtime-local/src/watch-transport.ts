import type { Transport } from "@omg/core/runtime";

/** The same transport; `ended` hears of its end first, and whether `close` was called for it. */
export function watchTransport(inner: Transport, ended: (byRequest: boolean) => void): Transport {
  let closing = false;
  const outer: Transport = {
    start: () => inner.start(),
    send: (message, options) => inner.send(message, options),
    close() {
      closing = true;
      return inner.close();
    },
    ...(inner.sendFrame && { sendFrame: inner.sendFrame.bind(inner) }),
    get onmessage() {
      return inner.onmessage;
    },
    set onmessage(handler) {
      inner.onmessage = handler;
    },
    get onframe() {
      return inner.onframe;
    },
    set onframe(handler) {
      inner.onframe = handler;
    },
    get onerror() {
      return inner.onerror;
    },
    set onerror(handler) {
      inner.onerror = handler;
    },
  };
  inner.onclose = () => {
    ended(closing);
    outer.onclose?.();
  };
  return outer;
}
