import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { messageOf } from '../../../src/base/errors.js'
import { openChartArchive } from '../../../src/delivery/source/helm/archive.js'
import { httpGet } from '../../../src/delivery/source/helm/http-get.js'
import { locateChart } from '../../../src/delivery/source/helm/locate-chart.js'
import { findCharts } from './chart-comparison.js'

/** Well-known public charts by the repository that has them; the newest version of each is fetched. */
const repositories: Readonly<Record<string, readonly string[]>> = {
  'https://argoproj.github.io/argo-helm': ['argo-cd', 'argo-events', 'argo-rollouts', 'argo-workflows', 'argocd-apps'],
  'https://charts.jetstack.io': ['cert-manager', 'cert-manager-csi-driver', 'trust-manager', 'cert-manager-approver-policy'],
  'https://prometheus-community.github.io/helm-charts': [
    'kube-prometheus-stack',
    'prometheus',
    'alertmanager',
    'kube-state-metrics',
    'prometheus-node-exporter',
    'prometheus-adapter',
    'prometheus-blackbox-exporter',
    'prometheus-pushgateway',
    'prometheus-postgres-exporter',
    'prometheus-redis-exporter',
  ],
  'https://grafana.github.io/helm-charts': ['grafana', 'loki', 'tempo', 'mimir-distributed', 'alloy', 'promtail', 'k6-operator'],
  'https://kubernetes.github.io/ingress-nginx': ['ingress-nginx'],
  'https://kubernetes-sigs.github.io/external-dns': ['external-dns'],
  'https://kubernetes-sigs.github.io/metrics-server': ['metrics-server'],
  'https://kubernetes-sigs.github.io/descheduler': ['descheduler'],
  'https://kubernetes-sigs.github.io/node-feature-discovery/charts': ['node-feature-discovery'],
  'https://kubernetes.github.io/autoscaler': ['cluster-autoscaler', 'vertical-pod-autoscaler'],
  'https://aws.github.io/eks-charts': ['aws-load-balancer-controller', 'aws-vpc-cni', 'aws-for-fluent-bit', 'appmesh-controller'],
  'https://helm.releases.hashicorp.com': ['consul', 'vault', 'terraform'],
  'https://traefik.github.io/charts': ['traefik', 'traefik-crds', 'traefikee'],
  'https://kedacore.github.io/charts': ['keda', 'keda-add-ons-http', 'external-scaler-azure-cosmos-db'],
  'https://kyverno.github.io/kyverno': ['kyverno', 'kyverno-policies'],
  'https://open-policy-agent.github.io/gatekeeper/charts': ['gatekeeper'],
  'https://istio-release.storage.googleapis.com/charts': ['base', 'istiod', 'gateway', 'cni', 'ztunnel'],
  'https://helm.linkerd.io/stable': ['linkerd-control-plane', 'linkerd-crds', 'linkerd-viz', 'linkerd-multicluster'],
  'https://charts.longhorn.io': ['longhorn'],
  'https://charts.rook.io/release': ['rook-ceph', 'rook-ceph-cluster'],
  'https://vmware-tanzu.github.io/helm-charts': ['velero'],
  'https://stefanprodan.github.io/podinfo': ['podinfo'],
  'https://charts.crossplane.io/stable': ['crossplane'],
  'https://helm.cilium.io': ['cilium', 'tetragon'],
  'https://helm.elastic.co': ['eck-operator', 'elasticsearch', 'kibana', 'filebeat', 'logstash'],
  'https://fluent.github.io/helm-charts': ['fluent-bit', 'fluentd', 'fluent-operator'],
  'https://open-telemetry.github.io/opentelemetry-helm-charts': [
    'opentelemetry-collector',
    'opentelemetry-operator',
    'opentelemetry-demo',
  ],
  'https://charts.external-secrets.io': ['external-secrets'],
  'https://bitnami-labs.github.io/sealed-secrets': ['sealed-secrets'],
  'https://charts.fairwinds.com/stable': ['goldilocks', 'polaris', 'vpa'],
}

/** The least that a corpus must hold to say something. */
export const fewestCharts = 60

/**
 * A folder with public charts, unpacked: that of FLOTILLA_CHARTS, else the cache's, which is filled over the network when it is not
 * yet (FLOTILLA_FETCH_MINUTES=0: what is there must do). A reason instead where too few can be had.
 */
export async function publicCharts(): Promise<{ root: string } | { reason: string }> {
  const named = process.env['FLOTILLA_CHARTS']
  if (named !== undefined) return existsSync(named) ? { root: named } : { reason: 'FLOTILLA_CHARTS names no directory' }
  const root = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'flotilla-public-charts')
  if (process.env['FLOTILLA_FETCH_MINUTES'] === '0') {
    const have = existsSync(root) ? findCharts(root).length : 0
    return have >= fewestCharts ? { root } : { reason: `FLOTILLA_FETCH_MINUTES is 0, and ${root} has ${have} charts` }
  }
  return fetchPublicCharts(root, repositories, fewestCharts)
}

/** Fetches what is missing in the folder; at most four repositories at a time. A repository that does not answer is left out. */
export async function fetchPublicCharts(
  root: string,
  wanted: Readonly<Record<string, readonly string[]>>,
  fewest: number,
): Promise<{ root: string } | { reason: string }> {
  const failures: string[] = []
  let count = 0
  let silent = 0
  const queue = Object.entries(wanted)
  const work = async () => {
    // Where the first four do not answer, the others are not waited for.
    for (let next = queue.shift(); next !== undefined && (silent < 4 || count > 0); next = queue.shift()) {
      const [repo, charts] = next
      for (const chart of charts) {
        const folder = join(root, new URL(repo).host, chart)
        try {
          if (!existsSync(folder)) unpack(folder, await fetchOne(repo, chart))
          count++
        } catch (error) {
          failures.push(`${chart}: ${messageOf(error)}`)
          // Nothing else of it will be had either.
          if (!/dial tcp|no such host|does not answer/.test(messageOf(error))) continue
          silent++
          break
        }
      }
    }
  }
  await Promise.all([work(), work(), work(), work()])
  if (count >= fewest) return { root }
  return {
    reason: `only ${count} of at least ${fewest} public charts can be had here: ${failures[0] ?? 'no repository is named'}`,
  }
}

function fetchOne(repo: string, chart: string): Promise<Uint8Array> {
  const none = async () => undefined
  return locateChart(
    chart,
    { repo },
    {
      get: httpGet,
      helmMajor: 4,
      repositories: async () => [],
      cachedIndex: async () => '',
      readFile: async () => '',
      registryLogin: none,
      notice: () => {},
    },
  )
}

function unpack(folder: string, bytes: Uint8Array): void {
  const next = `${folder}.next`
  rmSync(next, { recursive: true, force: true })
  for (const { name, data } of openChartArchive(bytes)) {
    mkdirSync(dirname(join(next, name)), { recursive: true })
    writeFileSync(join(next, name), data)
  }
  renameSync(next, folder)
}
