import { Transform } from 'node:stream'

/** Held back at the same time; whoever sends more waits. */
const mostHeld = 1024 * 1024

/** Lets everything through in order, each piece so many milliseconds after it came. */
export function delayed(ms: number): Transform {
  let held = 0
  let resume: (() => void) | undefined
  let last: Promise<void> = Promise.resolve()
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      held += chunk.length
      const due = new Promise<void>((arrived) => setTimeout(arrived, ms))
      last = last.then(async () => {
        await due
        held -= chunk.length
        if (!this.destroyed) this.push(chunk)
        if (held > mostHeld) return
        // It may take the next piece at once, and have to wait again.
        const next = resume
        resume = undefined
        next?.()
      })
      if (held > mostHeld) resume = done
      else done()
    },
    flush(done) {
      void last.then(() => done())
    },
  })
}
