import { parseAddress } from '../../cidr/ip-block.js'
import { defineCheck } from '../../contract.js'

const annotation = 'networking.gke.io/static-ip'

export const multiClusterIngressAddress = defineCheck({
  id: 'multi-cluster-ingress-address',
  topic: 'traffic',
  severity: 'warning',
  title: 'A MultiClusterIngress names its address instead of giving it',
  why: 'Unlike the Ingress of one cluster (`kubernetes.io/ingress.global-static-ip-name`), MultiClusterIngress wants the reserved address itself. With a name no address is found and the load balancer stays without the one that DNS points to.',
  evidence: ['GoogleCloudPlatform/gke-networking-recipes: ingress/multi-cluster/mci-https-e2e'],
  fix: 'Write the address: `gcloud compute addresses describe NAME --global --format="value(address)"`.',
  *run(model) {
    for (const ingress of model.kinds('networking.gke.io', 'MultiClusterIngress')) {
      const value = ingress.annotation(annotation)
      // Older controllers also take the resource's URL.
      if (value === undefined || parseAddress(value) !== undefined || value.startsWith('https://')) continue
      yield {
        message: `${annotation} is "${value}", which is no address`,
        at: [ingress.at('metadata', 'annotations', annotation)],
      }
    }
  },
})
