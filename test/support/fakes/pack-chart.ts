import { gzipSync } from 'node:zlib'

export interface TarEntry {
  readonly name: string
  readonly content?: string | Uint8Array
  /** `0` a file, `2` a symbolic link, `1` a hard link, `5` a directory. */
  readonly type?: string
  readonly link?: string
  /** What the header says of the size, when it lies. */
  readonly size?: number
}

/** A tar archive, not compressed. */
export function packTar(entries: readonly TarEntry[]): Uint8Array {
  const parts: Buffer[] = []
  for (const entry of entries) {
    const content = Buffer.from(entry.content ?? '')
    const header = Buffer.alloc(512)
    header.write(entry.name, 0, 100)
    header.write('0000644\0', 100)
    header.write('0000000\0', 108)
    header.write('0000000\0', 116)
    header.write(`${(entry.size ?? content.length).toString(8).padStart(11, '0')}\0`, 124)
    header.write('00000000000\0', 136)
    header.write('        ', 148)
    header.write(entry.type ?? '0', 156)
    header.write(entry.link ?? '', 157, 100)
    header.write('ustar\u000000', 257)
    const sum = header.reduce((total, byte) => total + byte, 0)
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
    parts.push(header, content, Buffer.alloc((512 - (content.length % 512)) % 512))
  }
  return new Uint8Array(Buffer.concat([...parts, Buffer.alloc(1024)]))
}

/** A packed chart: its files by path below the chart's directory. */
export function packChart(name: string, files: Readonly<Record<string, string>>): Uint8Array {
  const entries = Object.entries(files).map(([path, content]) => ({ name: `${name}/${path}`, content }))
  return new Uint8Array(gzipSync(packTar(entries)))
}
