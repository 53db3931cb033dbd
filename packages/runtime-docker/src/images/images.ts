import { OmgError, type PrepareRequest } from "@omg/core/runtime";
import { givenUp } from "../container/container.ts";
import type { Engine, EngineImage } from "../engine/engine.ts";
import { EngineFailure } from "../engine/engine-failure.ts";
import type { HostEnv } from "../engine/find-engine.ts";
import { isPinned } from "../option-forms.ts";
import type { DockerOptions } from "../options.ts";
import { startFailure } from "../start-failures.ts";
import { repositoryOf } from "./image-name.ts";
import { pullFailure } from "./pull-failures.ts";
import { PullFailure, Pulls } from "./pulls.ts";

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
    const { server, options, signal } = request;
    try {
      const known = this.#known.get(options);
      const image =
        (known && (await this.#again(engine, request, known))) ?? (await this.#named(engine, request));
      // Of several that ask at once the first has decided for all.
      if (this.#known.get(options) !== known) return;
      this.#known.set(options, image);
      if (image.id !== known?.id) await announce(request, image);
    } catch (error) {
      if (signal.aborted) throw givenUp(request);
      throw startFailure(server, engine, error);
    }
  }

  /** The image of an entry that was prepared; else what the engine has under its name. */
  async resolved(engine: Engine, request: Request): Promise<EngineImage> {
    const known = this.#known.get(request.options);
    if (known) return known;
    await this.prepare(engine, request);
    return this.resolved(engine, request);
  }

  /** What the name of the entry stands for. */
  async #named(engine: Engine, request: Request): Promise<EngineImage> {
    const { image, pull, platform } = request.options;
    if (pull !== "always") {
      const found = await find(engine, image, request.signal);
      if (found && (pull === "never" || isFor(platform, found))) return found;
      if (pull === "never") throw absent(request);
    }
    return this.#pull(engine, image, request);
  }

  /**
   * The image that the entry has run so far. Someone may have removed it from the engine: it is fetched by its digest. One that
   * no registry has is lost.
   */
  async #again(engine: Engine, request: Request, known: EngineImage): Promise<EngineImage | undefined> {
    if (await find(engine, known.id, request.signal)) return known;
    const { image, pull } = request.options;
    const pinned = pinnedName(known, image);
    if (pinned === undefined || pull === "never") return undefined;
    return this.#pull(engine, pinned, request);
  }

  async #pull(engine: Engine, reference: string, request: Request): Promise<EngineImage> {
    const { server, options, signal, progress } = request;
    const { image, platform } = options;
    try {
      await this.#pulls.pull({ engine, reference, platform, signal, progress });
    } catch (error) {
      throw error instanceof PullFailure ? pullFailure({ server, image, reference }, error) : error;
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

/** Whether an image that the engine has is the one that the entry wants of several. */
function isFor(platform: string | undefined, image: EngineImage): boolean {
  if (platform === undefined) return true;
  const [os, architecture] = platform.split("/");
  return image.platform === `${os}/${architecture}`;
}

/** `name@sha256:…` in the registry that the entry names. Undefined: it comes from another, or was built here. */
function pinnedName({ digests }: EngineImage, reference: string): string | undefined {
  return digests.find((digest) => repositoryOf(digest) === repositoryOf(reference));
}

/** Says which image a name stands for, and whether that has changed since it was last found out. */
async function announce({ options, log, store }: Request, found: EngineImage): Promise<void> {
  const { image } = options;
  if (isPinned(image)) return;
  const digest = hashOf(pinnedName(found, image) ?? found.id);
  const key = `image ${image}`;
  const before = await store.get(key).catch(() => undefined);
  // One that was built here has digests, too, once it has been pushed.
  const isSame = [found.id, ...found.digests].some((name) => hashOf(name) === before);
  log(
    before === undefined || isSame
      ? `image ${image} is ${digest}`
      : `image ${image} was ${before} and is now ${digest}`,
  );
  if (before !== digest) await store.set(key, digest).catch(() => {});
}

/** `sha256:…` of an id or of a name with a digest. */
function hashOf(name: string): string {
  return name.slice(name.indexOf("@") + 1);
}

function absent({ server, options }: Request): OmgError {
  return new OmgError("upstream_start_failed", {
    server,
    detail: "image_missing",
    message: `Server '${server}' did not start: the engine has no image ${options.image}, and "pull" is never. Build or pull it.`,
  });
}
