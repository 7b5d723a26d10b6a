/** What is wrong with a field, in Istio's words where it has any. */
export interface Problem {
  /** `spec.trafficPolicy.loadBalancer.localityLbSetting` */
  readonly field: string
  readonly message: string
  /** What to do, as an imperative sentence. */
  readonly fix: string
}

/** The outcome of a validation. An object with errors is refused; warnings do not stop it. */
export class Report {
  readonly errors: Problem[] = []
  readonly warnings: Problem[] = []

  error(field: string, message: string, fix: string): void {
    this.errors.push({ field, message, fix })
  }
  warn(field: string, message: string, fix: string): void {
    this.warnings.push({ field, message, fix })
  }
}
