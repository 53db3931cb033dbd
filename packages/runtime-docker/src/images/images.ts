import { OmgError, type PrepareRequest } from "@omg/core/runtime";
import type { Engine, EngineImage } from "../engine/engine.ts";
import { EngineFailure } from "../engine/engine-failure.ts";
import type { HostEnv } from "../engine/find-engine.ts";
import { isPinned } from "../option-forms.ts";
import type { DockerOptions } from "../options.ts";
import { startFailure } from "../start-failures.ts";
import { pullFailure } from "./pull-failures.ts";
import { Pulls } from "./pulls.ts";

type Request = Pick<
  PrepareRequest<DockerOptions>,
  "server" | "options" | "signal" | "log" | "progress" | "store"
>;

/**
 * The images that entries name. What a name stands for is found out once for each entry, and kept until the entry changes: an
 * instance never runs another image than the one before it.
 */
export class Images {
  readonly #pulls: Pulls;
  readonly #known = new WeakMap<DockerOptions, EngineImage>();

  constructor(hostEnv: HostEnv) {
    this.#pulls = new Pulls(hostEnv);
  }

  /** Sees to it that the engine has the image. Rejects with an `OmgError`. */
  async prepare(engine: Engine, request: Request): Promise<void> {
    try {
      const known = this.#known.get(request.options);
      const image = known ? await this.#again(engine, request, known) : await this.#first(engine, request);
      if (image.id !== known?.id) await announce(request, image);
      this.#known.set(request.options, image);
    } catch (error) {
      throw startFailure(request.server, engine, error);
    }
  }

  /** The image of an entry that was prepared; else what the engine has under its name. */
  async resolved(engine: Engine, request: Request): Promise<EngineImage> {
    const known = this.#known.get(request.options);
    if (known) return known;
    await this.prepare(engine, request);
    return this.resolved(engine, request);
  }

  async #first(engine: Engine, request: Request): Promise<EngineImage> {
    const { image, pull } = request.options;
    if (pull !== "always") {
      const found = await find(engine, image, request.signal);
      if (found) return found;
      if (pull === "never") throw absent(request);
    }
    return this.#pull(engine, image, request);
  }

  /** Someone may have removed the image from the engine; the same one is fetched again, by its digest. */
  async #again(engine: Engine, request: Request, known: EngineImage): Promise<EngineImage> {
    if (await find(engine, known.id, request.signal)) return known;
    if (request.options.pull === "never") throw absent(request);
    const [digest] = known.digests;
    return this.#pull(engine, digest ?? request.options.image, request);
  }

  async #pull(engine: Engine, reference: string, request: Request): Promise<EngineImage> {
    const { server, options, signal, progress } = request;
    try {
      await this.#pulls.pull({ engine, reference, platform: options.platform, signal, progress });
    } catch (error) {
      if (signal.aborted || OmgError.is(error)) throw error;
      throw pullFailure(server, reference, EngineFailure.of("pull", error));
    }
    return engine.image(reference, signal);
  }
}

async function find(
  engine: Engine,
  reference: string,
  signal: AbortSignal,
): Promise<EngineImage | undefined> {
  try {
    return await engine.image(reference, signal);
  } catch (error) {
    if (error instanceof EngineFailure && error.isMissing) return undefined;
    throw error;
  }
}

/** Says which image a name stands for, and whether that has changed since it was last found out. */
async function announce({ options, log, store }: Request, { id, digests }: EngineImage): Promise<void> {
  const { image } = options;
  if (isPinned(image)) return;
  const digest = digests[0]?.split("@")[1] ?? id;
  const key = `image ${image}`;
  const before = await store.get(key).catch(() => undefined);
  log(
    before === undefined || before === digest
      ? `image ${image} is ${digest}`
      : `image ${image} was ${before} and is now ${digest}`,
  );
  if (before !== digest) await store.set(key, digest).catch(() => {});
}

function absent({ server, options }: Request): OmgError {
  return new OmgError("upstream_start_failed", {
    server,
    detail: "image_missing",
    message: `Server '${server}' did not start: the engine has no image ${options.image}, and "pull" is never. Build or pull it.`,
  });
}
