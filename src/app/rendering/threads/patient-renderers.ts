import { WorkTime } from '../../../base/work-time.js'
import type { Renderer, RenderRequest, RenderResult } from '../../../delivery/render/contract.js'
import { SlowSources } from './slow-sources.js'
import { NoThread, type ThreadOutcome, type ThreadRender } from './thread.js'

/** Renders that go on without anything to wait for let the rest of the thread have a turn after this. */
const turnMilliseconds = 20

/** What a render may take of the thread that does all else. */
export const inPlaceMilliseconds = 300

export interface PatientOptions {
  /** Renders in a thread of its own. */
  readonly apart: (source: string, render: ThreadRender) => Promise<ThreadOutcome>
  /** What a renderer may take there. */
  readonly maxMilliseconds: (renderer: string) => number
  /** There is no thread: the render goes on in place with all its time. */
  readonly noThread: (error: Error) => void
  readonly inPlaceMilliseconds?: number
}

/**
 * Renderers that give up soon in the thread that does all else, and then begin again in another one. What was too slow once is
 * begun there the next time. Results and errors are the same in both places.
 */
export function createPatientRenderers(renderers: readonly Renderer[], options: PatientOptions): readonly Renderer[] {
  const slow = new SlowSources()
  const elapsed = () => performance.now()
  const pause = createTurns(elapsed)
  const quickMilliseconds = options.inPlaceMilliseconds ?? inPlaceMilliseconds

  async function render(renderer: Renderer, request: RenderRequest): Promise<RenderResult> {
    const source = request.source ?? request.tree.id
    const { path } = request
    if (!slow.has(source, path)) {
      const time = new WorkTime({ elapsed, maxMilliseconds: quickMilliseconds, pause })
      try {
        const result = await renderer.render({ ...request, time })
        if (time.stopped === undefined) return result
      } catch (error) {
        if (time.stopped === undefined && time.left > 0) throw error
      }
      slow.add(source, path)
    }
    const maxMilliseconds = options.maxMilliseconds(renderer.name)
    let outcome: ThreadOutcome
    try {
      outcome = await options.apart(source, { renderer: renderer.name, request, maxMilliseconds })
    } catch (error) {
      if (!(error instanceof NoThread)) throw error
      options.noThread(error)
      return renderer.render(request)
    }
    if (outcome.milliseconds < quickMilliseconds / 2) slow.wasQuick(source, path)
    if ('error' in outcome) throw outcome.error
    return outcome.result
  }

  return renderers.map((renderer) => ({
    name: renderer.name,
    detects: (tree, path) => renderer.detects(tree, path),
    render: (request) => render(renderer, request),
  }))
}

/** For all renders together: the turn of the event loop begins when the first of them asks in it. */
function createTurns(elapsed: () => number): () => Promise<void> | undefined {
  let since: number | undefined
  return () => {
    if (since === undefined) {
      since = elapsed()
      setImmediate(() => (since = undefined))
    }
    return elapsed() - since < turnMilliseconds ? undefined : new Promise((done) => setImmediate(done))
  }
}
