import { availableParallelism, totalmem } from 'node:os'
import type { Log } from '../../../base/log.js'
import type { Renderer } from '../../../delivery/render/contract.js'
import { chartMilliseconds } from '../../../delivery/render/helm/engine/render-templates.js'
import { buildMilliseconds } from '../../../delivery/render/kustomize/build-budget.js'
import { createHubRenderers, type HubRendererPorts } from './hub-renderers.js'
import { createPatientRenderers } from './patient-renderers.js'
import { ThreadPool } from './thread-pool.js'

const mebibyte = 1024 * 1024

/** Where the build puts the program of the threads: beside this module, and beside the bundled program. */
const threadFile = new URL('./render-thread.js', import.meta.url)

/** A hub's renderers, which leave what takes long to one or two threads. These end with the signal. */
export function openHubRenderers(
  ports: HubRendererPorts & { readonly log: Log; readonly signal: AbortSignal },
): readonly Renderer[] {
  const { clock, remote, charts, log, signal } = ports
  const endAtBytes = Math.min(Math.max(memoryHere() / 4, 256 * mebibyte), 1536 * mebibyte)
  const pool = new ThreadPool({
    file: threadFile,
    maxThreads: Math.min(Math.max(availableParallelism() - 1, 1), 2),
    endAtBytes,
    settings: {
      remote: remote !== undefined,
      charts: charts === undefined ? 'off' : charts.pull === undefined ? 'local' : 'fetched',
      stopAtBytes: endAtBytes / 2,
    },
    ports: { ...(remote === undefined ? {} : { remote }), ...(charts?.pull === undefined ? {} : { pull: charts.pull }) },
    now: () => clock.now(),
  })
  const close = () => void pool.close()
  if (signal.aborted) close()
  else signal.addEventListener('abort', close, { once: true })
  let told = false
  return createPatientRenderers(createHubRenderers(ports), {
    apart: (source, render) => pool.render(source, render),
    maxMilliseconds: (renderer) => (renderer === 'kustomize' ? buildMilliseconds : chartMilliseconds),
    noThread(error) {
      if (told) return
      told = true
      log.warn('no thread can be started for what takes long to render; it holds up everything else', { problem: error.message })
    },
  })
}

/** Bytes that this process may have, or that the machine has. */
function memoryHere(): number {
  const constrained = process.constrainedMemory()
  return constrained > 0 && constrained < totalmem() ? constrained : totalmem()
}
