import type { Clock } from '../../../base/clock.js'
import type { Random } from '../../../base/random.js'
import type { ChartInflation, RemoteSources, Renderer } from '../../../delivery/render/contract.js'
import { createChartInflation } from '../../../delivery/render/kustomize/sources/chart-inflation.js'
import { createRenderers } from '../../../delivery/render/renderers.js'
import { openChartArchive } from '../../../delivery/source/helm/archive.js'
import { createTemplateCrypto, generateTemplateKey } from '../../../delivery/source/helm/template-crypto.js'
import { builtInSchemas } from '../../../kube/schema/built-in.js'

/** What a hub's renderers have from outside. */
export interface HubRendererPorts {
  readonly clock: Clock
  readonly random: Random
  /** Absent: what kustomizations have on other servers is an error. */
  readonly remote?: RemoteSources
  /** Absent: charts in kustomizations are an error. Without `pull`, they must be in the source. */
  readonly charts?: { readonly pull?: ChartInflation['pull'] }
}

/** The renderers of a hub, the same ones in its own thread and in those beside it. */
export function createHubRenderers({ clock, random, remote, charts }: HubRendererPorts): readonly Renderer[] {
  const helm = {
    clock,
    random,
    crypto: createTemplateCrypto(clock),
    generateKey: generateTemplateKey,
    openArchive: openChartArchive,
    elapsed: () => performance.now(),
  }
  return createRenderers({
    schemas: builtInSchemas,
    ...(remote === undefined ? {} : { remote }),
    ...(charts === undefined ? {} : { charts: createChartInflation(helm, charts.pull) }),
    helm,
  })
}
