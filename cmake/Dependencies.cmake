# Every library that labctl links, each as an imported target dep::NAME.
# The reason for each stands in CONTRIBUTING.md.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
function(labctl_dependency name module)
  pkg_check_modules(${name} REQUIRED IMPORTED_TARGET ${module})
  add_library(dep::${name} ALIAS PkgConfig::${name})
endfunction()

labctl_dependency(mnl libmnl)
labctl_dependency(nl3 libnl-3.0)
labctl_dependency(nlroute libnl-route-3.0)
labctl_dependency(nftables libnftables)
labctl_dependency(cap libcap)
labctl_dependency(seccomp libseccomp)
labctl_dependency(fyaml libfyaml)
labctl_dependency(jansson jansson)
labctl_dependency(smartcols smartcols)
labctl_dependency(curl libcurl)
labctl_dependency(pcap libpcap)
labctl_dependency(nettle nettle)
labctl_dependency(gnutls gnutls)
labctl_dependency(hogweed hogweed)
labctl_dependency(gmp gmp)
labctl_dependency(uring liburing)
labctl_dependency(pcre2 libpcre2-8>=10.42) # which frees what a match needed beyond its stack

# libldns ships its pkg-config file only in newer releases.
find_library(LDNS_LIBRARY ldns REQUIRED)
add_library(dep::ldns INTERFACE IMPORTED)
target_link_libraries(dep::ldns INTERFACE ${LDNS_LIBRARY})

include(FindLlhttp)
