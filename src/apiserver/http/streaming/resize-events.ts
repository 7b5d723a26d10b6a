import type { Readable } from 'node:stream'

const maxHeldBytes = 4096

/** Reads the sizes of the client's terminal: JSON objects, one after the other, that may come in any pieces. */
export function followResizes(from: Readable, resize: (size: { width: number; height: number }) => void): void {
  let held = ''
  from.on('error', () => {})
  from.on('data', (chunk: Buffer) => {
    held += chunk.toString('latin1')
    for (;;) {
      const start = held.indexOf('{')
      const end = held.indexOf('}', start)
      if (start < 0 || end < 0) break
      const size = sizeOf(held.slice(start, end + 1))
      held = held.slice(end + 1)
      if (size !== undefined) resize(size)
    }
    if (held.length > maxHeldBytes) held = ''
  })
}

function sizeOf(text: string): { width: number; height: number } | undefined {
  try {
    const value = JSON.parse(text) as { Width?: unknown; Height?: unknown }
    const width = dimension(value.Width)
    const height = dimension(value.Height)
    return width === undefined || height === undefined ? undefined : { width, height }
  } catch {
    return undefined
  }
}

function dimension(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 65_535 ? value : undefined
}
