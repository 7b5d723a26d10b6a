import { readGlobalService } from '../../../../dialects/cilium/read-annotations.js'
import { defineCheck } from '../../contract.js'

export const ciliumAnnotation = defineCheck({
  id: 'cilium-annotation',
  topic: 'services',
  severity: 'warning',
  title: 'An annotation of a global service does not count',
  why: 'Cilium reads its annotations silently: shared and affinity count only for a global service, and values that it does not know count as if they were not there.',
  evidence: ['Cilium: pkg/annotation, pkg/clustermesh', 'cilium/cilium#46623 (affinity none in 1.18)'],
  fix: 'Write a value that Cilium knows, and make the service global.',
  *run(model) {
    for (const service of model.kinds('', 'Service')) {
      const annotations = Object.fromEntries(
        Object.entries(service.map('metadata', 'annotations')).filter(
          (entry): entry is [string, string] => typeof entry[1] === 'string',
        ),
      )
      if (!Object.keys(annotations).some((key) => key.includes('cilium'))) continue
      const { problems, isGlobal } = readGlobalService({ ...service.object, metadata: { name: service.name, annotations } })
      for (const { message, fix } of problems) {
        const key = Object.keys(annotations).find((each) => message.includes(each))
        yield {
          message,
          fix,
          at: [key === undefined ? service.at('metadata', 'annotations') : service.at('metadata', 'annotations', key)],
        }
      }
      const affinity = annotations['service.cilium.io/affinity'] ?? annotations['io.cilium/service-affinity']
      if (!isGlobal || affinity?.toLowerCase() !== 'none') continue
      const old = model
        .values('cilium')
        .find(
          (values) =>
            /^v?1\.18\./.test(values.chartVersion ?? '') && (service.cluster === undefined || values.cluster === service.cluster),
        )
      if (old !== undefined)
        yield {
          message: `affinity none leaves ${service.subject} without endpoints of other clusters in Cilium ${old.chartVersion}`,
          at: [service.at('metadata', 'annotations'), old.at('cluster', 'name')],
          fix: 'Leave the annotation out: that means the same, and works.',
        }
    }
  },
})
