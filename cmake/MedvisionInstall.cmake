# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` puts where, the CMake package that find_package(medvision) finds, and the .deb of `cpack -G DEB`.
include(CMakePackageConfigHelpers)

set(medvision_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/medvision)
set(medvision_data_dir ${CMAKE_INSTALL_DATADIR}/medvision)

# Libraries, headers, and the package.
install(TARGETS medvision medvision_images medvision_infer medvision_system EXPORT medvision_targets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY libmedvision/medvision DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")
install(EXPORT medvision_targets FILE medvision-targets.cmake NAMESPACE medvision:: DESTINATION ${medvision_package_dir})
configure_package_config_file(cmake/medvision-config.cmake.in ${CMAKE_BINARY_DIR}/medvision-config.cmake
  INSTALL_DESTINATION ${medvision_package_dir} PATH_VARS CMAKE_INSTALL_DATADIR)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/medvision-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/medvision-config.cmake ${CMAKE_BINARY_DIR}/medvision-config-version.cmake
  DESTINATION ${medvision_package_dir})

# Schemas, and the networks that need no download.
file(GLOB_RECURSE schemas CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/libmedvision/*.schema.json)
install(FILES ${schemas} DESTINATION ${medvision_data_dir}/schema)
foreach(network toy toy-system vessel-unet zoom-small)
  install(DIRECTORY weights/${network} DESTINATION ${medvision_data_dir}/weights
    FILES_MATCHING PATTERN "card.json" PATTERN "README.md" PATTERN "*.onnx")
endforeach()
install(FILES README.md CHANGELOG.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

# A man page is what the program says of itself.
set(man_pages)
foreach(program ${MEDVISION_COMMANDS})
  set(page ${CMAKE_BINARY_DIR}/man/${program}.1)
  add_custom_command(OUTPUT ${page} COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/man
    COMMAND ${program} --help=man > ${page} DEPENDS ${program} VERBATIM)
  list(APPEND man_pages ${page})
endforeach()
add_custom_target(man_pages ALL DEPENDS ${man_pages})
install(FILES ${man_pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)

set(CPACK_PACKAGE_NAME medvision)
set(CPACK_PACKAGE_VENDOR "The medvision authors")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
set(CPACK_PACKAGE_CONTACT "medvision maintainers <maintainers@medvision.invalid>")
set(CPACK_GENERATOR DEB)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "libopencv-dev, libboost-filesystem-dev, libfmt-dev, libssl-dev, libpng-dev, libjpeg-dev, libtiff-dev, libgif-dev, zlib1g-dev, libgdcm-dev, libdnnl-dev")
include(CPack)
