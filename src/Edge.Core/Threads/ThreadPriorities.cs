using System.Runtime.InteropServices;

namespace Edge.Core.Threads;

/// <summary>Priorities of threads. Linux gives each thread a niceness of its own, which .NET's priorities do not touch.</summary>
internal static partial class ThreadPriorities
{
    private const int ProcessOrThread = 0;
    private const int Self = 0;

    /// <summary>Makes the calling thread give way to others. Where the kernel refuses it, the thread stays as it is: nothing depends on it but order.</summary>
    public static void GiveWay(int niceness) => _ = SetPriority(ProcessOrThread, Self, niceness);

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, uint who, int niceness);
}
