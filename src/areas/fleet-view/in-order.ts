/** Requests under way to members at a time, for one request of a client. */
export const atOnce = 64

/** Answers in the order of what is asked, so many at a time. */
export async function inOrder<T, R>(all: readonly T[], concurrency: number, ask: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = new Array(all.length)
  let at = 0
  const worker = async () => {
    while (at < all.length) {
      const index = at++
      results[index] = await ask(all[index]!)
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, all.length) }, worker))
  return results
}
