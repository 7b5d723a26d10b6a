/** Resolves when the process is asked to end; keeps it alive until then. */
export function untilStopped(): Promise<void> {
  return new Promise((done) => {
    const keepAlive = setInterval(() => {}, 1 << 30)
    const stop = () => {
      clearInterval(keepAlive)
      done()
    }
    process.once('SIGINT', stop)
    process.once('SIGTERM', stop)
    process.once('SIGHUP', stop)
  })
}
