import { publishClusterStatus } from '../../dialects/kubefed/cluster/publish-cluster-status.js'
import { keepTypeConfigs } from '../../dialects/kubefed/kinds/keep-type-configs.js'

/** What a hub does for KubeFed beside federating: the status of clusters and of kinds. */
export function startKubeFed(options: Parameters<typeof publishClusterStatus>[0]): void {
  publishClusterStatus(options)
  keepTypeConfigs(options)
}
