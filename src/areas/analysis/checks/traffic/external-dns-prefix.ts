import { defineCheck } from '../../contract.js'
import type { Document } from '../../model/document.js'
import type { FleetModel } from '../../model/fleet-model.js'
import type { Spot } from '../../model/spot.js'
import type { View } from '../../model/view.js'

const old = 'external-dns.alpha.kubernetes.io/'

export const externalDnsPrefix = defineCheck({
  id: 'external-dns-prefix',
  topic: 'traffic',
  severity: 'warning',
  title: 'external-dns reads other annotations than are written',
  why: 'Version 0.22 reads `external-dns.kubernetes.io/` and no longer the `alpha` prefix, unless `--annotation-prefix` says so. Annotations with the old prefix are then not there: with the policy `sync` their records are deleted.',
  evidence: ['kubernetes-sigs/external-dns#6424', 'external-dns: source/annotations/annotations.go'],
  fix: 'Rename the annotations, or give external-dns `--annotation-prefix=external-dns.alpha.kubernetes.io/` until all are renamed.',
  *run(model) {
    const controllers = [...model.containersOf('external-dns'), ...model.containersOf('controller')].flatMap((container) => {
      const version = /external-dns[^:]*:v?(\d+)\.(\d+)/.exec(container.image)
      if (version === null) return []
      const isNew = Number(version[1]) > 0 || Number(version[2]) >= 22
      return [
        {
          container,
          isNew,
          prefix: container.argument('annotation-prefix')?.value ?? (isNew ? 'external-dns.kubernetes.io/' : old),
        },
      ]
    })
    const waiting = new Map<string | undefined, Spot[]>()
    for (const { document, annotations } of annotated(model)) {
      const key = annotations.keys().find((each) => each.startsWith(old))
      if (key === undefined) continue
      const readers = controllers.filter(({ container }) => model.mayMeet(document, container.object))
      if (readers.some(({ prefix }) => prefix === old)) {
        if (readers.every(({ isNew }) => isNew)) continue
      } else if (readers.length > 0) {
        const { container } = readers[0]!
        yield {
          message: `${key} is not read by ${container.image}`,
          at: [annotations.atKey(key), container.container.at('image')],
        }
        continue
      }
      waiting.set(document.cluster, [...(waiting.get(document.cluster) ?? []), annotations.atKey(key)])
    }
    // One word about all of them: nothing is broken yet.
    for (const [first, ...rest] of waiting.values()) {
      if (first === undefined) continue
      const others = rest.length === 0 ? '' : `, like ${rest.length} more,`
      yield {
        message: `this annotation${others} is read by external-dns before 0.22 only`,
        at: [first, ...rest.slice(0, 20)],
        severity: 'note',
      }
    }
  },
})

/** The annotations of objects, and of documents that show annotations alone. */
function* annotated(model: FleetModel): Iterable<{ document: Document; annotations: View }> {
  for (const document of model.objects) yield { document, annotations: document.view('metadata', 'annotations') }
  for (const document of model.withRole('fragment')) yield { document, annotations: document.view('annotations') }
}
