namespace Edge.Core.Logging;

/// <summary>The log of the process: Orthanc's categories, and where their messages go.</summary>
public static class Log
{
    private static LogWriter? s_writer;

    public static LogCategory Generic { get; } = new("generic");

    public static LogCategory Plugins { get; } = new("plugins");

    public static LogCategory Http { get; } = new("http");

    public static LogCategory Sqlite { get; } = new("sqlite");

    public static LogCategory Dicom { get; } = new("dicom");

    public static LogCategory Jobs { get; } = new("jobs");

    public static LogCategory Lua { get; } = new("lua");

    /// <summary>All categories, in Orthanc's order.</summary>
    public static IReadOnlyList<LogCategory> Categories { get; } = [Generic, Plugins, Http, Sqlite, Dicom, Jobs, Lua];

    /// <summary>Where messages go; standard error as text until it is set. Setting it does not dispose the former.</summary>
    public static LogWriter Writer
    {
        get => Volatile.Read(ref s_writer) ?? CreateDefault();
        set => Volatile.Write(ref s_writer, value);
    }

    /// <summary>The level that all categories reach. Setting it sets every category.</summary>
    public static LogLevel Level
    {
        get
        {
            LogLevel least = LogLevel.Trace;
            foreach (LogCategory category in Categories)
            {
                least = (LogLevel)Math.Min((int)least, (int)category.Level);
            }

            return least;
        }

        set
        {
            foreach (LogCategory category in Categories)
            {
                category.Level = value;
            }
        }
    }

    /// <summary>The category of that name, or null.</summary>
    public static LogCategory? Find(string name)
    {
        foreach (LogCategory category in Categories)
        {
            if (category.Name == name)
            {
                return category;
            }
        }

        return null;
    }

    private static LogWriter CreateDefault()
    {
        LogWriter created = LogWriter.ToStandardError(Options.LogFormat.Text);
        return Interlocked.CompareExchange(ref s_writer, created, null) ?? created;
    }
}
