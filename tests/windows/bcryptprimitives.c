/* bcryptprimitives.dll for a Wine that has none. Rust's std imports one function of it: ProcessPrng
   fills a buffer with random bytes and cannot fail. */
#include <windows.h>
#include <ntsecapi.h>

__declspec(dllexport) BOOL WINAPI ProcessPrng(BYTE *buffer, SIZE_T length)
{
    const ULONG most = 1 << 30;
    while (length > 0) {
        ULONG piece = length < most ? (ULONG)length : most;
        if (!RtlGenRandom(buffer, piece))
            ExitProcess(3);
        buffer += piece;
        length -= piece;
    }
    return TRUE;
}
