/** What the first message of a TLS connection says before anything is encrypted (RFC 8446, 4.1.2; RFC 6066, 3; RFC 7301). */
export interface ClientHello {
  /** Lower case, '' when the client sends none. */
  readonly serverName: string
  readonly protocols: readonly string[]
}

/** `more`: not all of it has come yet. `bad`: no TLS, or nothing that can be routed. */
export type HelloResult = { readonly hello: ClientHello } | 'more' | 'bad'

/** A hello may be spread over records; real ones stay far below this. */
export const mostHelloBytes = 18_432

/** Reads the hello at the start of a connection. Safe on any input: every length is held against what is there. */
export function parseClientHello(bytes: Uint8Array): HelloResult {
  const message: number[] = []
  let wanted = 4
  let at = 0
  while (message.length < wanted) {
    if (bytes.length < at + 5) return at < bytes.length && bytes[at] !== 22 ? 'bad' : lacking(bytes)
    // Handshake records of TLS 1.x.
    if (bytes[at] !== 22 || bytes[at + 1] !== 3) return 'bad'
    const length = (bytes[at + 3]! << 8) | bytes[at + 4]!
    if (length === 0 || length > 16_384) return 'bad'
    const end = Math.min(bytes.length, at + 5 + length)
    for (let index = at + 5; index < end; index++) message.push(bytes[index]!)
    if (message.length > 0 && message[0] !== 1) return 'bad'
    if (message.length >= 4) {
      wanted = 4 + ((message[1]! << 16) | (message[2]! << 8) | message[3]!)
      if (wanted > mostHelloBytes) return 'bad'
    }
    if (message.length < wanted && end < at + 5 + length) return lacking(bytes)
    at += 5 + length
  }
  return readHello(Uint8Array.from(message.slice(4, wanted)))
}

function lacking(bytes: Uint8Array): 'more' | 'bad' {
  return bytes.length >= mostHelloBytes ? 'bad' : 'more'
}

function readHello(body: Uint8Array): HelloResult {
  const reader = new Reader(body)
  reader.skip(2 + 32)
  reader.skip(reader.number(1))
  reader.skip(reader.number(2))
  reader.skip(reader.number(1))
  // Without extensions: an old client that names no server.
  if (reader.failed) return 'bad'
  if (reader.left === 0) return { hello: { serverName: '', protocols: [] } }
  const extensions = reader.part(reader.number(2))
  let serverName = ''
  const protocols: string[] = []
  while (!extensions.failed && extensions.left > 0) {
    const type = extensions.number(2)
    const extension = extensions.part(extensions.number(2))
    if (type === 0) {
      const list = extension.part(extension.number(2))
      while (!list.failed && list.left > 0) {
        const kind = list.number(1)
        const name = list.text(list.number(2))
        if (kind === 0 && serverName === '') serverName = name.toLowerCase()
      }
      if (list.failed || !/^[a-z0-9_.-]*$/.test(serverName) || serverName.length > 255) return 'bad'
    } else if (type === 16) {
      const list = extension.part(extension.number(2))
      while (!list.failed && list.left > 0) protocols.push(list.text(list.number(1)))
      if (list.failed) return 'bad'
    }
    if (extension.failed) return 'bad'
  }
  return reader.failed || extensions.failed ? 'bad' : { hello: { serverName, protocols } }
}

/** Reads what is there; past the end it fails and gives nothing. */
class Reader {
  readonly #bytes: Uint8Array
  #at = 0
  failed = false

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  number(size: number): number {
    if (this.left < size) this.failed = true
    if (this.failed) return 0
    let value = 0
    for (let index = 0; index < size; index++) value = value * 256 + this.#bytes[this.#at++]!
    return value
  }

  skip(size: number): void {
    if (this.left < size) this.failed = true
    else this.#at += size
  }

  part(size: number): Reader {
    const part = new Reader(this.failed ? new Uint8Array() : this.#bytes.subarray(this.#at, this.#at + size))
    this.skip(size)
    part.failed = this.failed
    return part
  }

  text(size: number): string {
    let text = ''
    const bytes = this.#bytes.subarray(this.#at, this.#at + size)
    this.skip(size)
    if (!this.failed) for (const byte of bytes) text += String.fromCharCode(byte)
    return text
  }
}
