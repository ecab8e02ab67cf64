// Why: the virtio port as lines: one descriptor for both directions (a second open gets EBUSY), end of file while
// nobody is connected on the host's side is no error, and no line may grow without bound.
#ifndef LAB_PORT_H
#define LAB_PORT_H
#include <stddef.h>

// Looks in /sys/class/virtio-ports for a port of one of the agent's names and opens it. Writes the name found.
// Returns the descriptor (non-blocking) or -1.
int port_open(char *name, size_t size);

// Reads what is there and calls `line` for each whole line (without its newline; the buffer is wiped after it).
// Returns 1 while a host is connected, 0 at end of file (half a line of a client that left is dropped).
int port_read(int port, void (*line)(char *text, size_t length));

// Sends all of it, waiting at most two seconds for room. Bytes for nobody are dropped by the host.
void port_write(int port, const char *data, size_t length);
#endif
