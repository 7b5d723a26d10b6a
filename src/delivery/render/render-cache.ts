import { canonicalJson } from '../../base/json.js'
import type { Renderer, RenderRequest, RenderResult } from './contract.js'
import { createTracingTree, matchesTrace } from './tracing-tree.js'

export interface RenderCache {
  /**
   * The renderer's result for the request: an earlier one if everything that was read for it is the same in this tree, a
   * new one otherwise. So a commit that touches other files costs hash look-ups only. Errors are not kept.
   */
  render(renderer: Renderer, request: RenderRequest): Promise<RenderResult>
  /** Answers given from the cache, and renders done. */
  statistics(): { readonly hits: number; readonly misses: number; readonly entries: number }
}

interface Entry {
  readonly trace: ReadonlyMap<string, string | undefined>
  readonly result: RenderResult
}

/**
 * Keeps the results of the last `maxEntries` different questions (renderer, path, options, target), each for the last few
 * contents it was asked for (several branches or revisions ask the same question of different trees).
 */
export function createRenderCache(options: { maxEntries: number; maxContents?: number }): RenderCache {
  const maxContents = options.maxContents ?? 4
  const questions = new Map<string, Entry[]>()
  const running = new Map<string, Promise<RenderResult>>()
  let hits = 0
  let misses = 0

  const remember = (key: string, entry: Entry) => {
    const entries = questions.get(key) ?? []
    entries.unshift(entry)
    entries.length = Math.min(entries.length, maxContents)
    questions.delete(key)
    questions.set(key, entries)
    for (const oldest of questions.keys()) {
      if (questions.size <= options.maxEntries) break
      questions.delete(oldest)
    }
  }

  return {
    async render(renderer, request) {
      // What a cluster answers is not in the tree: such results are neither kept nor shared.
      if (request.target.lookup !== undefined) return renderer.render(request)
      const key = canonicalJson([renderer.name, request.path, request.options, request.target])
      const entries = questions.get(key)
      if (entries !== undefined) {
        for (const entry of [...entries]) {
          if (!(await matchesTrace(request.tree, entry.trace))) continue
          hits++
          questions.delete(key)
          questions.set(key, entries)
          return entry.result
        }
      }
      // The same question of the same tree is answered once, however many ask at the same time.
      const runningKey = `${request.tree.id}\n${key}`
      const current = running.get(runningKey)
      if (current !== undefined) return current
      misses++
      const work = (async () => {
        const tree = createTracingTree(request.tree)
        const result = await renderer.render({ ...request, tree })
        if (result.isVolatile !== true) remember(key, { trace: tree.trace(), result })
        return result
      })()
      running.set(runningKey, work)
      try {
        return await work
      } finally {
        running.delete(runningKey)
      }
    },
    statistics: () => ({ hits, misses, entries: questions.size }),
  }
}
