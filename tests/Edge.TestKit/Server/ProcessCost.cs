using System.Diagnostics;
using System.Globalization;

namespace Edge.TestKit.Server;

/// <summary>What a process has used so far, as its kernel counts.</summary>
public static class ProcessCost
{
    /// <summary>Seconds of CPU, user and system.</summary>
    public static double CpuSeconds(int process)
    {
        using Process running = Process.GetProcessById(process);
        return running.TotalProcessorTime.TotalSeconds;
    }

    /// <summary>Bytes of memory that are resident.</summary>
    public static long ResidentBytes(int process)
    {
        string line = File.ReadLines($"/proc/{process}/status").First(static one => one.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }
}
