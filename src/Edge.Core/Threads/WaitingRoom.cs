using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Edge.Core.Threads;

/// <summary>
/// Where threads sleep until there is work: a futex(2). Monitors of the runtime, compiled ahead of time, put every sleeping thread of the process
/// behind one lock, and each wake costs half a dozen system calls; this one costs one on either side.
/// </summary>
internal sealed unsafe partial class WaitingRoom
{
    private const int WaitPrivate = 128;
    private const int WakePrivate = 129;

    private static readonly nint Futex = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 202,
        Architecture.Arm64 => 98,
        var other => throw new PlatformNotSupportedException($"futex(2) on {other}"),
    };

    // Pinned, so that the kernel and the collector agree where it is.
    private readonly int[] _word = GC.AllocateArray<int>(1, pinned: true);

    private int* Word => (int*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_word));

    /// <summary>What to pass to <see cref="Sleep"/>: read it under the lock under which was seen that there is nothing to do.</summary>
    public int Ticket => Volatile.Read(ref _word[0]);

    /// <summary>Sleeps, but not where something was announced since the ticket was read. May return for no reason.</summary>
    public void Sleep(int ticket)
    {
        _ = SystemCall(Futex, Word, WaitPrivate, ticket, 0, 0, 0);
        GC.KeepAlive(this);
    }

    /// <summary>Makes tickets worthless. Under the same lock as what is announced.</summary>
    public void Announce() => Volatile.Write(ref _word[0], _word[0] + 1);

    /// <summary>Wakes sleeping threads, after <see cref="Announce"/>.</summary>
    public void Wake(int threads)
    {
        _ = SystemCall(Futex, Word, WakePrivate, threads, 0, 0, 0);
        GC.KeepAlive(this);
    }

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint SystemCall(nint number, int* word, nint operation, nint value, nint timeout, nint word2, nint value3);
}
