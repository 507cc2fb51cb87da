using Edge.Dicom.Tags;
using Edge.Dimse.Protocol;
using Edge.Engine.Ports;
using Edge.Engine.Transcoding;

namespace Edge.Services.Scu;

/// <summary>Which presentation contexts instances need, and how many instances fit into one association.</summary>
public static class SendPlan
{
    private static readonly TransferSyntax[] Native = [TransferSyntax.ExplicitVrLittleEndian, TransferSyntax.ImplicitVrLittleEndian, TransferSyntax.ExplicitVrBigEndian];

    /// <summary>The contexts for the instances from <paramref name="start"/> on, up to the most that an association holds.</summary>
    /// <param name="preferred">The syntax tried first where an instance's own is refused.</param>
    /// <param name="mayRecode">Whether instances may be encoded in another syntax.</param>
    /// <param name="end">The first instance that does not fit any more.</param>
    public static List<(string AbstractSyntax, IReadOnlyList<string> TransferSyntaxes)> Contexts(
        IReadOnlyList<OutgoingInstance> instances, int start, TransferSyntax? preferred, bool mayRecode, out int end)
    {
        List<(string, IReadOnlyList<string>)> contexts = [];
        HashSet<(string, string)> proposed = [];
        for (end = start; end < instances.Count; end++)
        {
            OutgoingInstance instance = instances[end];
            bool isNew = !proposed.Contains((instance.SopClassUid, instance.TransferSyntaxUid));
            if (!isNew)
            {
                continue;
            }

            // Its own syntax alone, so that the peer cannot choose another; then the others, each for itself.
            List<string> needed = [instance.TransferSyntaxUid];
            if (mayRecode)
            {
                TransferSyntax from = TransferSyntax.FindOrUnknown(instance.TransferSyntaxUid);
                needed.AddRange(Alternatives(preferred).Where(to => Transcoder.CanTranscode(from, to)).Select(static syntax => syntax.Uid));
            }

            needed = [.. needed.Distinct().Where(syntax => !proposed.Contains((instance.SopClassUid, syntax)))];
            if (contexts.Count + needed.Count > PduLimits.Contexts)
            {
                return contexts;
            }

            foreach (string syntax in needed)
            {
                proposed.Add((instance.SopClassUid, syntax));
                contexts.Add((instance.SopClassUid, [syntax]));
            }
        }

        return contexts;
    }

    /// <summary>The syntaxes in the order in which they are tried: the preferred one if nothing is lost by it, then the native ones.</summary>
    public static IEnumerable<TransferSyntax> Alternatives(TransferSyntax? preferred) =>
        preferred is { IsLossy: false } && Transcoder.CanTranscode(TransferSyntax.ExplicitVrLittleEndian, preferred) ? Native.Prepend(preferred).Distinct() : Native;

    /// <summary>The accepted context for an instance: in its own syntax, else in another that it can be encoded in; null where there is none.</summary>
    public static PresentationContext? Choose(IReadOnlyList<PresentationContext> accepted, OutgoingInstance instance, TransferSyntax? preferred, bool mayRecode)
    {
        PresentationContext? Find(string syntax)
        {
            foreach (PresentationContext context in accepted)
            {
                if (context.LocalScu && context.AbstractSyntax == instance.SopClassUid && context.TransferSyntax == syntax)
                {
                    return context;
                }
            }

            return null;
        }

        if (Find(instance.TransferSyntaxUid) is { } own)
        {
            return own;
        }

        TransferSyntax from = TransferSyntax.FindOrUnknown(instance.TransferSyntaxUid);
        foreach (TransferSyntax to in mayRecode ? Alternatives(preferred) : [])
        {
            if (Transcoder.CanTranscode(from, to) && Find(to.Uid) is { } other)
            {
                return other;
            }
        }

        return null;
    }
}
