import { defineCheck } from '../../contract.js'

/** Zones of AWS that aliases point into, and what the names in them end with. external-dns: provider/aws/aws.go has more. */
const zones: Readonly<Record<string, string>> = {
  Z35SXDOTRQ7X7K: 'us-east-1.elb.amazonaws.com',
  Z3AADJGX6KTTL2: 'us-east-2.elb.amazonaws.com',
  Z368ELLRRE2KJ0: 'us-west-1.elb.amazonaws.com',
  Z1H1FL5HABSF5: 'us-west-2.elb.amazonaws.com',
  Z32O12XQLNTSW2: 'eu-west-1.elb.amazonaws.com',
  ZHURV8PSTC4K8: 'eu-west-2.elb.amazonaws.com',
  Z3Q77PNBQS71R4: 'eu-west-3.elb.amazonaws.com',
  Z215JYRZR1TBD5: 'eu-central-1.elb.amazonaws.com',
  Z26RNL4JYFTOTI: 'elb.us-east-1.amazonaws.com',
  Z2IFOLAFXWLO4F: 'elb.eu-west-1.amazonaws.com',
  Z2FDTNDATAQYW2: 'cloudfront.net',
  Z2BJ6XQ5FK7U4H: 'awsglobalaccelerator.com',
}

export const route53AliasZone = defineCheck({
  id: 'route53-alias-zone',
  topic: 'traffic',
  severity: 'error',
  title: 'An alias names a target outside of the zone it gives',
  why: 'An alias record is resolved inside the zone of its HostedZoneId. Route 53 refuses a name that is not in that zone (`Tried to create an alias that targets NAME, but the alias target name does not lie within the target zone`), and with it the whole batch.',
  evidence: ['Route 53: AliasTarget', 'external-dns: provider/aws/aws.go, canonicalHostedZones'],
  fix: 'Write the name of the load balancer as AWS gives it out (`NAME-1234567890.us-east-1.elb.amazonaws.com`), and its canonical zone.',
  *run(model) {
    for (const batch of model.route53Batches) {
      for (const change of batch.items('Changes')) {
        const alias = change.view('ResourceRecordSet', 'AliasTarget')
        const zone = alias.text('HostedZoneId')
        const name = alias.text('DNSName')?.toLowerCase().replace(/\.$/, '')
        const suffix = zone !== undefined && Object.hasOwn(zones, zone) ? zones[zone] : undefined
        if (name === undefined || suffix === undefined || name === suffix || name.endsWith(`.${suffix}`)) continue
        yield {
          message: `${name} is not in the zone ${zone}, which is ${suffix}`,
          at: [alias.at('DNSName'), alias.at('HostedZoneId')],
        }
      }
    }
  },
})
