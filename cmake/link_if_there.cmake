# cmake -DFROM=FILE -DTO=FILE -P link_if_there.cmake: makes TO the same file as FROM; nothing where FROM is not.
if(EXISTS ${FROM})
  file(REMOVE ${TO})
  file(CREATE_LINK ${FROM} ${TO} COPY_ON_ERROR)
endif()
