// Whether the gateway of this container serves.
const { ok } = await fetch("http://127.0.0.1:4444/healthz", { signal: AbortSignal.timeout(4_000) });
process.exitCode = ok ? 0 : 1;
