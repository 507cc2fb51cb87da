namespace Edge.Dimse.Association;

public enum DimseLogLevel
{
    Debug,
    Information,
    Warning,
    Error,
}

/// <summary>Port: where this room writes what happened. Nothing above <see cref="DimseLogLevel.Debug"/> names a patient or an instance.</summary>
public interface IDimseLog
{
    bool IsEnabled(DimseLogLevel level);

    void Write(DimseLogLevel level, string message);
}

/// <summary>Keeps nothing.</summary>
public sealed class SilentLog : IDimseLog
{
    public static readonly SilentLog Instance = new();

    public bool IsEnabled(DimseLogLevel level) => false;

    public void Write(DimseLogLevel level, string message)
    {
    }
}
