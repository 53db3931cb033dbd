import { type Frame, frameOf, type RequestId } from "./runtime/frame.ts";
import type { FrameExtra, FrameSendOptions, StreamCloseOptions, Transport } from "./runtime/transport.ts";

/** A transport seen as frames only. */
export interface FrameLane {
  start(): Promise<void>;
  send(frame: Frame, options?: FrameSendOptions): Promise<void>;
  /** Ends the stream of a request ahead of its answer, where the transport can. */
  closeStream(requestId: RequestId, options: StreamCloseOptions): void;
  close(): Promise<void>;
  setProtocolVersion(version: string): void;
}

export interface FrameLaneEvents {
  onFrame(frame: Frame, extra?: FrameExtra): void;
  /** The stream of a request of ours was ended ahead of its answer, on purpose. */
  onStreamClose?(requestId: RequestId, options: StreamCloseOptions): void;
  onClose(): void;
  onError(error: Error): void;
}

/** Takes over a transport of either kind: its frame lane where it has one, its messages otherwise. */
export function frameLane(transport: Transport, events: FrameLaneEvents): FrameLane {
  transport.onclose = () => events.onClose();
  transport.onerror = (error) => events.onError(error);
  if (transport.sendFrame) {
    transport.onframe = (frame, extra) => events.onFrame(frame, extra);
    transport.onstreamclose = (requestId, options = {}) => events.onStreamClose?.(requestId, options);
  } else {
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
    closeStream: (requestId, options) => transport.closeStream?.(requestId, options),
    close: () => transport.close(),
    setProtocolVersion: (version) => transport.setProtocolVersion?.(version),
  };
}
