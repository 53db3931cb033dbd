import { type Frame, frameOf } from "./runtime/frame.ts";
import type { FrameExtra, FrameSendOptions, Transport } from "./runtime/transport.ts";

/** A transport seen as frames only. */
export interface FrameLane {
  start(): Promise<void>;
  send(frame: Frame, options?: FrameSendOptions): Promise<void>;
  close(): Promise<void>;
  setProtocolVersion(version: string): void;
}

export interface FrameLaneEvents {
  onFrame(frame: Frame, extra?: FrameExtra): void;
  onClose(): void;
  onError(error: Error): void;
}

/** Takes over a transport of either kind: its frame lane where it has one, its messages otherwise. */
export function frameLane(transport: Transport, events: FrameLaneEvents): FrameLane {
  transport.onclose = () => events.onClose();
  transport.onerror = (error) => events.onError(error);
  if (transport.sendFrame) transport.onframe = (frame, extra) => events.onFrame(frame, extra);
  else {
    transport.onmessage = (message) => {
      try {
        events.onFrame(frameOf(message));
      } catch (error) {
        events.onError(error as Error);
      }
    };
  }
  return {
    start: () => transport.start(),
    send(frame, options) {
      try {
        if (transport.sendFrame) return transport.sendFrame(frame, options);
        return Promise.resolve(transport.send(frame.value(), options));
      } catch (error) {
        // A transport that throws is one that rejects.
        return Promise.reject(error);
      }
    },
    close: () => transport.close(),
    setProtocolVersion: (version) => transport.setProtocolVersion?.(version),
  };
}
