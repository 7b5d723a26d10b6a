/**
 * Splits a stream of bytes into lines of text without their newlines. A line over `limitBytes` throws; what stands after the
 * last newline is dropped (a line that was cut off is no line).
 */
export async function* readLines(chunks: AsyncIterable<Uint8Array>, limitBytes: number): AsyncIterable<string> {
  let pieces: Buffer[] = []
  let length = 0
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    let start = 0
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      const rest = bytes.subarray(start, end)
      start = end + 1
      if (length + rest.length > limitBytes) throw new RangeError(`a line of the stream is longer than ${limitBytes} bytes`)
      const line = pieces.length === 0 ? rest.toString('utf8') : Buffer.concat([...pieces, rest]).toString('utf8')
      pieces = []
      length = 0
      if (line !== '' && line !== '\r') yield line
    }
    if (start < bytes.length) {
      // A copy: the transport may use its buffer again.
      pieces.push(Buffer.from(bytes.subarray(start)))
      length += bytes.length - start
      if (length > limitBytes) throw new RangeError(`a line of the stream is longer than ${limitBytes} bytes`)
    }
  }
}
