/** Words that Go writes in capitals, where a name begins with them. */
const initials =
  /^(?:api|uid|uuid|ip|ips|url|id|csi|nfs|rbd|iscsi|fc|aws|gce|http|https|tcp|grpc|dns|fs|se|io|cidr|tls|ca|json|cel|rbac|wwn|wwid)(?=[A-Z]|$|s$)/

/** The name of a field in the Go struct, which problems are told with. */
export function goFieldName(jsonName: string): string {
  const match = initials.exec(jsonName)?.[0]
  if (match === undefined) return jsonName.charAt(0).toUpperCase() + jsonName.slice(1)
  const shown = match === 'ips' ? 'IPs' : match.toUpperCase()
  return shown + jsonName.slice(match.length)
}
