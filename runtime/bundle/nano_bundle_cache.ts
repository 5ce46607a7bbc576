/** The cache of bundles that this NANO makes: one of another version is not reused. */
import { NANO_VERSION } from "../version.ts";
import { BundleCache } from "./bundle_cache.ts";
import { esbuildService } from "./esbuild_service.ts";
import { STUBS_VERSION } from "./node_stubs.ts";

/** Raised whenever the same input would give another bundle. */
const FORMAT = 11;

/** @param folder where it is kept */
export function nanoBundleCache(folder: string): BundleCache {
  return new BundleCache(
    folder,
    `nano ${NANO_VERSION} ${FORMAT}, esbuild ${esbuildService.version}, unenv ${STUBS_VERSION}`,
  );
}
