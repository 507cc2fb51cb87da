namespace Edge.Dimse.Protocol;

/// <summary>A presentation context as proposed in an A-ASSOCIATE-RQ (PS3.8 9.3.2.2).</summary>
/// <param name="Id">Odd, 1 to 255, unique in the association.</param>
/// <param name="AbstractSyntax">A SOP class UID.</param>
/// <param name="TransferSyntaxes">In the requestor's order.</param>
public sealed record ProposedContext(byte Id, string AbstractSyntax, IReadOnlyList<string> TransferSyntaxes);

/// <summary>What became of a proposed context (PS3.8 9.3.3.2).</summary>
public enum ContextResult : byte
{
    Acceptance = 0,
    UserRejection = 1,
    NoReason = 2,
    AbstractSyntaxNotSupported = 3,
    TransferSyntaxesNotSupported = 4,
}

/// <summary>The answer to a proposed context in an A-ASSOCIATE-AC (PS3.8 9.3.3.2).</summary>
/// <param name="Id">The id of the proposed context.</param>
/// <param name="Result">Whether it may be used.</param>
/// <param name="TransferSyntax">The one chosen; not significant unless accepted.</param>
public sealed record ContextAnswer(byte Id, ContextResult Result, string TransferSyntax)
{
    public static ContextAnswer Accept(ProposedContext context, string transferSyntax) => new(context.Id, ContextResult.Acceptance, transferSyntax);

    public static ContextAnswer Refuse(ProposedContext context, ContextResult result) =>
        new(context.Id, result, context.TransferSyntaxes.Count > 0 ? context.TransferSyntaxes[0] : DicomUids.ImplicitVrLittleEndian);
}

/// <summary>A context that both sides agreed on.</summary>
/// <param name="Id">Odd, 1 to 255.</param>
/// <param name="AbstractSyntax">A SOP class UID.</param>
/// <param name="TransferSyntax">The encoding of its data sets.</param>
/// <param name="LocalScu">This side may invoke operations of the SOP class.</param>
/// <param name="LocalScp">This side may perform them.</param>
public sealed record PresentationContext(byte Id, string AbstractSyntax, string TransferSyntax, bool LocalScu, bool LocalScp);

/// <summary>The few UIDs of the upper layer itself.</summary>
public static class DicomUids
{
    public const string ApplicationContext = "1.2.840.10008.3.1.1.1";
    public const string Verification = "1.2.840.10008.1.1";
    public const string ImplicitVrLittleEndian = "1.2.840.10008.1.2";
    public const string ExplicitVrLittleEndian = "1.2.840.10008.1.2.1";
    public const string ExplicitVrBigEndian = "1.2.840.10008.1.2.2";
}
