/** Pieces of protobuf's wire format, for bodies that no encoder makes. */

export const magic = Buffer.from('k8s\0', 'latin1')

export function varint(value: number | bigint): Buffer {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, BigInt(value))
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
  return Buffer.from([...bytes, Number(rest)])
}

/** Wire types: 0 varint, 1 of 64 bits, 2 with a length, 3 and 4 begin and end of a group, 5 of 32 bits. */
export function key(number: number | bigint, wire: number): Buffer {
  return varint((BigInt(number) << 3n) | BigInt(wire))
}

export function field(number: number, ...parts: readonly (Uint8Array | string)[]): Buffer<ArrayBuffer> {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part as string)))
  return Buffer.concat([key(number, 2), varint(content.length), content])
}

export function integer(number: number, value: number | bigint): Buffer {
  return Buffer.concat([key(number, 0), varint(value)])
}

/** A whole body: the message of an object in a runtime.Unknown. */
export function envelope(apiVersion: string, kind: string, message: Buffer, more: Buffer = Buffer.alloc(0)): Buffer {
  return Buffer.concat([magic, field(1, field(1, apiVersion), field(2, kind)), field(2, message), more])
}
