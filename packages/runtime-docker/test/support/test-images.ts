import { createHash, randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { docker, dockerBytes } from "./docker-command.ts";
import type { Engine } from "./engine.ts";
import { account, type Registry } from "./registry.ts";

/** The part of an image that says how it is run, as the engine names things. */
export interface ImageConfig {
  readonly Cmd?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Env?: readonly string[];
  readonly Labels?: Readonly<Record<string, string>>;
  readonly User?: string;
  readonly Volumes?: Readonly<Record<string, object>>;
}

export interface ImageParts {
  /** The name in the registry, with its tag. */
  readonly name: string;
  readonly config?: ImageConfig;
  /** Sizes of layers that no other image has, below the commands of busybox. */
  readonly layers?: readonly number[];
  readonly architecture?: string;
}

export interface Manifest {
  /** What it is called for ever. */
  readonly digest: string;
  readonly size: number;
}

export interface PublishedImage extends Manifest {
  /** By which the engine knows it. */
  readonly id: string;
}

interface ManifestBody {
  readonly schemaVersion: number;
  readonly mediaType: string;
  readonly config?: Blob;
  readonly layers?: readonly Blob[];
  readonly manifests?: readonly object[];
}

interface Blob {
  readonly mediaType: string;
  readonly size: number;
  readonly digest: string;
}

const manifestType = "application/vnd.docker.distribution.manifest.v2+json";
const listType = "application/vnd.docker.distribution.manifest.list.v2+json";
const configType = "application/vnd.docker.container.image.v1+json";
const layerType = "application/vnd.docker.image.rootfs.diff.tar.gzip";
/** What this process published, the engine is cleaned of. */
const label = `omg-test.publisher=${process.pid}-${randomBytes(6).toString("hex")}`;
const architectureHere = { x64: "amd64" }[process.arch as string] ?? process.arch;

let commands: Promise<Buffer> | undefined;

/** Makes an image in a registry, past every engine. */
export async function publish(
  engine: Engine,
  registry: Registry,
  { name, config = {}, layers = [], architecture = architectureHere }: ImageParts,
): Promise<PublishedImage> {
  commands ??= busybox(engine);
  const files = [
    ...layers.map((size) => tarOf(randomBytes(8).toString("hex"), randomBytes(size))),
    await commands,
  ];
  const [repository = "", tag = "latest"] = name.split(":");
  const blobs = files.map((file) => gzipSync(file, { level: 1 }));
  const image = Buffer.from(
    JSON.stringify({
      architecture,
      os: "linux",
      config: { Env: ["PATH=/bin"], Cmd: ["cat"], ...config, Labels: { ...config.Labels, ...ownLabels() } },
      rootfs: { type: "layers", diff_ids: files.map(digestOf) },
      history: [],
    }),
  );
  const manifest = {
    schemaVersion: 2,
    mediaType: manifestType,
    config: await upload(registry, repository, image, configType),
    layers: await Promise.all(blobs.map((blob) => upload(registry, repository, blob, layerType))),
  };
  return { ...(await putManifest(registry, repository, tag, manifest)), id: digestOf(image) };
}

/** Has a tag stand for images of several platforms. */
export function publishList(
  registry: Registry,
  name: string,
  images: readonly (Manifest & { readonly architecture: string })[],
): Promise<Manifest> {
  const [repository = "", tag = "latest"] = name.split(":");
  const manifests = images.map(({ digest, size, architecture }) => ({
    mediaType: manifestType,
    size,
    digest,
    platform: { architecture, os: "linux" },
  }));
  return putManifest(registry, repository, tag, { schemaVersion: 2, mediaType: listType, manifests });
}

/** Takes what was published here away from the engine, with the containers that run it. */
export async function removeImages(engine: Engine): Promise<void> {
  const listed = await docker(engine, "images", "--quiet", "--filter", `label=${label}`);
  const ids = [...new Set(listed.split("\n").filter(Boolean))];
  if (ids.length > 0) await docker(engine, "rmi", "--force", ...ids);
}

/** No two images are the same, also if all else is. */
function ownLabels(): Record<string, string> {
  const [key = "", value = ""] = label.split("=");
  return { [key]: value, "omg-test.image": randomBytes(8).toString("hex") };
}

/** The files of the tests' busybox as one layer. */
async function busybox(engine: Engine): Promise<Buffer> {
  const container = await docker(engine, "create", "--label", label, "omg-test/busybox:1");
  try {
    return await dockerBytes(engine, "export", container);
  } finally {
    await docker(engine, "rm", "--force", container);
  }
}

async function upload(
  registry: Registry,
  repository: string,
  blob: Buffer,
  mediaType: string,
): Promise<Blob> {
  const digest = digestOf(blob);
  const begun = await ask(registry, "POST", `/v2/${repository}/blobs/uploads/`);
  const place = new URL(begun.headers.get("location") ?? "", `http://${registry.address}`);
  place.searchParams.set("digest", digest);
  await ask(registry, "PUT", place.pathname + place.search, blob, "application/octet-stream");
  return { mediaType, size: blob.length, digest };
}

async function putManifest(
  registry: Registry,
  repository: string,
  tag: string,
  manifest: ManifestBody,
): Promise<Manifest> {
  const body = Buffer.from(JSON.stringify(manifest));
  await ask(registry, "PUT", `/v2/${repository}/manifests/${tag}`, body, manifest.mediaType);
  return { digest: digestOf(body), size: body.length };
}

async function ask(
  { address }: Registry,
  method: string,
  path: string,
  body?: Buffer,
  type = "application/json",
): Promise<Response> {
  const login = Buffer.from(`${account.username}:${account.password}`).toString("base64");
  const response = await fetch(`http://${address}${path}`, {
    method,
    headers: { authorization: `Basic ${login}`, "content-type": type },
    signal: AbortSignal.timeout(60_000),
    ...(body ? { body: new Uint8Array(body) } : {}),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response;
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** One file, in the form of POSIX `ustar`. */
function tarOf(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(512);
  const octal = (value: number, length: number) => `${value.toString(8).padStart(length, "0")}\0`;
  header.write(name, 0);
  header.write(octal(0o644, 7) + octal(0, 7) + octal(0, 7) + octal(content.length, 11) + octal(0, 11), 100);
  header.write(" ".repeat(8), 148);
  header.write("0ustar\x0000", 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  const padding = Buffer.alloc((512 - (content.length % 512)) % 512);
  return Buffer.concat([header, content, padding, Buffer.alloc(1024)]);
}
