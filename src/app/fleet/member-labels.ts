const regions = ['us-east-1', 'eu-west-1', 'us-west-2', 'eu-central-1', 'ap-southeast-1', 'ap-northeast-1']

/**
 * Labels as a user would give them to the `index`-th member: env, region and tier. What the name says counts; otherwise
 * every tenth member is staging, and regions go round.
 */
export function memberLabels(name: string, index: number): Record<string, string> {
  const staging = /stag|dev|test/.test(name) || (/\d$/.test(name) && index % 10 === 9)
  const named = regions.find((region) => name.includes(region.replace(/-\d$/, '')))
  const region = named ?? (staging && !/\d$/.test(name) ? regions[0]! : regions[index % regions.length]!)
  return { env: staging ? 'staging' : 'production', region, tier: index === 0 ? 'primary' : 'secondary' }
}
