import { defineCheck } from '../../contract.js'

const zone = 'clusterset.local'

export const corednsClustersetZone = defineCheck({
  id: 'coredns-clusterset-zone',
  topic: 'network',
  severity: 'warning',
  title: 'Nobody, or two, answer for clusterset.local in a cluster that imports services',
  why: 'Names of imported services end in clusterset.local, a zone that CoreDNS does not serve by itself. Without one, clients get NXDOMAIN; with two owners (a forward to Lighthouse beside the plugin multicluster), the answer is that of whichever comes first in CoreDNS’s fixed order of plugins.',
  evidence: ['Cilium: Documentation/network/clustermesh/mcsapi.rst', 'submariner.io: operations/troubleshooting'],
  fix: 'Let one of them answer: `multicluster clusterset.local` of CoreDNS (1.12.2 or newer), or a forward to the name server of the tool.',
  *run(model) {
    for (const config of model.kinds('', 'ConfigMap')) {
      const text = config.text('data', 'Corefile')
      if (text === undefined || (config.namespace !== undefined && config.namespace !== 'kube-system')) continue
      const lines = text.split('\n').map((line) => line.replace(/#.*/, '').trim())
      const plugin = lines.some((line) => line.startsWith('multicluster ') && line.includes(zone))
      const forward = /(^|\s)(clusterset\.local)(:53)?\s*\{[^}]*\bforward\b/s.test(lines.join('\n'))
      const imports = model
        .kinds('multicluster.x-k8s.io', 'ServiceImport')
        .concat(model.kinds('multicluster.x-k8s.io', 'ServiceExport'))
      const used = imports.find((object) => object.cluster === config.cluster)
      if (plugin && forward)
        yield {
          message: `${config.subject} has both the plugin multicluster and a forward for ${zone}`,
          at: [config.at('data', 'Corefile')],
        }
      else if (!plugin && !forward && !text.includes(zone) && used !== undefined)
        yield {
          message: `${config.subject} has no ${zone}, which names of ${used.subject} end in`,
          at: [config.at('data', 'Corefile'), used.at('metadata', 'name')],
        }
      if (!plugin) continue
      const old = model.containersOf('coredns').find(({ object, image }) => object.cluster === config.cluster && isOld(image))
      if (old !== undefined)
        yield {
          message: `${old.image} does not know the plugin multicluster, which ${config.subject} uses: it does not start`,
          severity: 'error',
          at: [old.container.at('image'), config.at('data', 'Corefile')],
          fix: 'Use CoreDNS 1.12.2 or newer, or a forward to the name server of the tool.',
        }
    }
  },
})

/** The plugin came with 1.12.2. */
function isOld(image: string): boolean {
  const version = /:v?(\d+)\.(\d+)\.(\d+)/.exec(image)
  if (version === null) return false
  const [major, minor, patch] = version.slice(1).map(Number) as [number, number, number]
  return major < 1 || (major === 1 && (minor < 12 || (minor === 12 && patch < 2)))
}
