/// Tells the thread sanitizer what it cannot see of `Synchronization.Mutex`; nothing is to be called. See mutex.c.
#pragma once
