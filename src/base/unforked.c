/* unforked.c: see unforked.h. */
#include "base/unforked.h"

/* What is before the memory that unforked_resize returns: its size. */
union header {
    size_t size;
    max_align_t alignment;
};

#include <string.h>
#include <sys/mman.h>

void *unforked_alloc(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    madvise(memory, size, MADV_DONTFORK);
    return memory;
}

void unforked_free(void *memory, size_t size)
{
    if (memory != NULL)
        munmap(memory, size);
}

void *unforked_resize(void *memory, long size)
{
    union header *old = memory != NULL ? (union header *)memory - 1 : NULL, *new = NULL;
    size_t had = old != NULL ? old->size : 0, wanted = (size_t)size;
    if (size > 0 && (new = unforked_alloc(sizeof *new + wanted)) == NULL)
        return NULL;
    if (new != NULL) {
        new->size = wanted;
        memcpy(new + 1, memory != NULL ? memory : "", had < wanted ? had : wanted);
    }
    if (old != NULL)
        unforked_free(old, sizeof *old + had);
    return new != NULL ? new + 1 : NULL;
}
