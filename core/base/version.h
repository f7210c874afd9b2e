/* The version of the program: said by --version, by the build_info metric, and by the package.  Its
 * parts follow semver; the policy language has a version of its own. */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#define YUJING_VERSION "0.1.0"

#endif
