namespace Edge.Dimse.Association;

/// <summary>Numbers associations for the log, across servers and clients of the process.</summary>
internal static class AssociationNumber
{
    private static long _last;

    public static long Next() => Interlocked.Increment(ref _last);
}
