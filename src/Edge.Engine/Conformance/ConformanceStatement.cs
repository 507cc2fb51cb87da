using System.Text;
using Edge.Core.Options;
using Edge.Dicom.Tags;
using Edge.Engine.Runtime;

namespace Edge.Engine.Conformance;

/// <summary>The DICOM conformance statement (PS3.2), written from what is really registered and switched on.</summary>
/// <param name="services">The SOP classes, beside storage, that the server performs.</param>
public sealed class ConformanceStatement(DicomServerOptions options, RuntimeSettings settings, string version, IReadOnlyList<string> services)
{
    /// <summary>The storage SOP classes that are accepted, sorted.</summary>
    public IReadOnlyList<string> StorageClasses { get; } = [.. AcceptedSopClasses.Of(options).Order(StringComparer.Ordinal)];

    /// <summary>The statement as text.</summary>
    public string Write()
    {
        StringBuilder text = new();
        text.Append("DICOM Conformance Statement of edge-dicom ").Append(version).Append("\n\n");
        text.Append("Application entity: ").Append(options.DicomAet).Append(", TCP port ").Append(options.DicomPort).Append('\n');
        text.Append("Implementation class UID: ").Append(Core.Ids.Implementation.ClassUid).Append('\n');
        text.Append("Maximum PDU length received: ").Append(options.MaximumPduLength).Append("\n\n");
        text.Append("Services performed (SCP)\n------------------------\n");
        foreach (string service in services)
        {
            Line(text, service);
        }

        text.Append("\nStorage SOP classes performed (SCP)\n-----------------------------------\n");
        foreach (string storage in StorageClasses)
        {
            Line(text, storage);
        }

        if (settings.UnknownSopClassAccepted)
        {
            text.Append("  and any SOP class that is not registered by the standard\n");
        }

        text.Append("\nTransfer syntaxes accepted for storage\n--------------------------------------\n");
        foreach (string syntax in settings.TransferSyntaxes.Uids)
        {
            Line(text, syntax);
        }

        text.Append("\nCharacter sets\n--------------\n  Those of PS3.3 C.12.1.1.2; data sets that name none are read as ").Append(settings.DefaultEncoding).Append('\n');
        return text.ToString();
    }

    private static void Line(StringBuilder text, string uid)
    {
        text.Append("  ").Append(uid);
        if (UidRegistry.Find(uid) is { } known)
        {
            text.Append("  ").Append(known.Name);
        }

        text.Append('\n');
    }
}
