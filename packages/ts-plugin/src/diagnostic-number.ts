/** Of `TSCC2103`: what editors show behind the source, as `tscc(2103)`. */
export const diagnosticNumber = ({ code }: { readonly code: string }): number => Number(code.replace('TSCC', ''))
