# The Debian package: `cpack --config build/release/CPackConfig.cmake`, or `./quickstart package`. It is for the
# distribution that it is built on: what it depends on is found out from the programs.
install(FILES ${CMAKE_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)
install(FILES ${CMAKE_SOURCE_DIR}/CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(LABCTL_MAINTAINER "labctl maintainers <root@localhost>" CACHE STRING "Maintainer of the Debian package")
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT ${LABCTL_MAINTAINER})
# Below /usr, whatever the prefix of the build: a program finds all else from where it lies itself.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ca-certificates, iproute2, iputils-ping, curl, bind9-dnsutils")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "bird2, uidmap, python3, wireshark")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
  "labctl turns a hybrid-cloud design (VPCs, Cloud Enterprise Network, Express
Connect, API Gateway, a data centre) into a network of namespaces that can be
used, explained, broken and taught with: the same reachability, refusals, error
codes and bandwidth as in the cloud.")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${CMAKE_SOURCE_DIR}/packaging/debian/postinst ${CMAKE_SOURCE_DIR}/packaging/debian/prerm)
if(LABCTL_INSTALLS_APPARMOR)
  file(WRITE ${CMAKE_BINARY_DIR}/packaging/conffiles "${LABCTL_APPARMOR_DIR}/labctl\n")
  list(APPEND CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_BINARY_DIR}/packaging/conffiles)
endif()
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
