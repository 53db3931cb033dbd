import type { Frame, FrameExtra, InstanceV1, RequestId, StreamCloseOptions } from "@omg/core/runtime";
import { connectRaw, type RawClient } from "@omg/runtime-testkit";
import { startRemote } from "./start-request.ts";

/** A client that has shaken hands with a remote server, and what came from the server, with its stream. */
export interface Connected extends AsyncDisposable {
  readonly instance: InstanceV1;
  readonly client: RawClient;
  readonly heard: { readonly frame: Frame; readonly extra: FrameExtra | undefined }[];
  /** Whose streams the server has ended ahead of their answers. */
  readonly ended: [RequestId, StreamCloseOptions | undefined][];
}

export async function connect(...start: Parameters<typeof startRemote>): Promise<Connected> {
  const instance = await startRemote(...start);
  const heard: Connected["heard"] = [];
  const ended: Connected["ended"] = [];
  try {
    const client = await connectRaw(instance.transport);
    const { onframe } = instance.transport;
    instance.transport.onframe = (frame, extra) => {
      heard.push({ frame, extra });
      onframe?.(frame, extra);
    };
    instance.transport.onstreamclose = (id, options) => void ended.push([id, options]);
    await client.initialize();
    return { instance, client, heard, ended, [Symbol.asyncDispose]: () => instance[Symbol.asyncDispose]() };
  } catch (error) {
    await instance[Symbol.asyncDispose]();
    throw error;
  }
}
