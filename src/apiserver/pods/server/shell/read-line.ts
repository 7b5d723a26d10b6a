import type { Source } from './streams.js'

/** Reads up to the end of a line and leaves the rest for whoever reads next. */
export async function readLine(source: Source): Promise<string | undefined> {
  const kept = pending.get(source) ?? Buffer.alloc(0)
  let buffer: Buffer = kept
  for (;;) {
    const cut = buffer.indexOf(10)
    if (cut !== -1) {
      pending.set(source, buffer.subarray(cut + 1))
      return buffer.subarray(0, cut).toString()
    }
    const chunk = await source.read()
    if (chunk === undefined) {
      pending.delete(source)
      return buffer.length > 0 ? buffer.toString() : undefined
    }
    buffer = Buffer.concat([buffer, chunk])
  }
}

const pending = new WeakMap<Source, Buffer>()
