/** The peer broke SPDY/3.1: the whole connection ends. */
export class SpdyError extends Error {
  override readonly name = 'SpdyError'
}
